// The conversation with the host's page. Only the direct parent is heard, and only if its origin is
// on the merchant's list; nothing is ever said to "*". What others say is dropped, and the shop is
// told how much that was.
const MOST = 1000;

export default function openChannel(body, visit) {
  const allowed = (body.dataset.hosts || "").split(" ").filter(Boolean);
  const kinds = ["like", "comment", "share", "follow"];
  const unsaid = new Map();
  let host = null;
  let count = 0;
  let strange = 0;

  function say(type, more = {}) {
    if (parent === self) return;
    if (!host) return void unsaid.set(type, more);
    parent.postMessage({ storefront: 1, type, id: `f${++count}`, ...more }, host);
  }

  function meet(origin) {
    if (host || !allowed.includes(origin)) return;
    host = origin;
    say("ready", { view: document.title });
    for (const [type, more] of unsaid) say(type, more);
  }

  async function record({ id, kind }) {
    try {
      const { interaction, share_url } = await visit.record(kind);
      say("recorded", { id, interaction, share_url });
    } catch (error) {
      say("recorded", { id, error: error.message });
    }
  }

  function hear({ data, origin, source }) {
    const isHost = source === parent && allowed.includes(origin) && data?.storefront === 1;
    if (isHost && data.type === "hello") meet(origin);
    else if (isHost && isWish(data)) record(data);
    // What the payment form in here and the browser's own helpers say is meant for others.
    else if (source !== self && source?.parent !== self) strange++;
  }

  function isWish({ type, id, kind }) {
    return type === "record" && typeof id === "string" && kinds.includes(kind);
  }

  // Once, when the page is left or hidden: telling each of them would help whoever floods.
  function tellOfStrangers({ type }) {
    if (!strange || (type !== "pagehide" && document.visibilityState !== "hidden")) return;
    const told = JSON.stringify({ count: Math.min(strange, MOST) });
    strange = 0;
    const headers = { "Content-Type": "application/json" };
    fetch(body.dataset.strange, { method: "POST", keepalive: true, headers, body: told }).catch(
      () => {},
    );
  }

  function open() {
    if (parent === self) return;
    addEventListener("message", hear);
    document.addEventListener("visibilitychange", tellOfStrangers);
    addEventListener("pagehide", tellOfStrangers);
    meet(location.ancestorOrigins?.[0] ?? new URLSearchParams(location.search).get("h"));
  }

  return { open, say };
}
