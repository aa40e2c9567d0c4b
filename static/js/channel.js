// The conversation with the host's page. Only the direct parent is heard, and only if its origin is
// on the merchant's list; nothing is ever said to "*".
export default function openChannel(body, visit) {
  const allowed = (body.dataset.hosts || "").split(" ").filter(Boolean);
  const kinds = ["like", "comment", "share", "follow"];
  const unsaid = new Map();
  let host = null;
  let count = 0;

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
    if (typeof id !== "string" || !kinds.includes(kind)) return;
    try {
      const { interaction, share_url } = await visit.record(kind);
      say("recorded", { id, interaction, share_url });
    } catch (error) {
      say("recorded", { id, error: error.message });
    }
  }

  function hear({ data, origin, source }) {
    if (source !== parent || !allowed.includes(origin) || data?.storefront !== 1) return;
    if (data.type === "hello") meet(origin);
    if (data.type === "record") record(data);
  }

  function open() {
    if (parent === self) return;
    addEventListener("message", hear);
    meet(location.ancestorOrigins?.[0] ?? new URLSearchParams(location.search).get("h"));
  }

  return { open, say };
}
