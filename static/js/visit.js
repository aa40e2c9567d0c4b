// Who is looking. The visitor's mark lives in this page's memory and in its links and forms, never
// in a cookie or a store, so that it survives where those are blocked.
export default function openVisit(body) {
  const { placement, surface, interactions } = body.dataset;

  function carry(mark) {
    body.dataset.mark = mark;
    for (const field of document.getElementsByName("v")) field.value = mark;
    for (const link of document.links) {
      if (link.origin !== location.origin || link.dataset.part === "plain") continue;
      const url = new URL(link.href);
      url.searchParams.set("v", mark);
      link.href = url;
    }
    if (surface !== "frame") return;
    const url = new URL(location.href);
    url.searchParams.set("v", mark);
    history.replaceState(null, "", url);
  }

  function source() {
    if (surface === "page") return { referrer: document.referrer || undefined };
    return { host: location.ancestorOrigins?.[0] };
  }

  async function record(kind) {
    const mark = body.dataset.mark || undefined;
    const answer = await fetch(interactions, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ placement, kind, surface, v: mark, ...source() }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.code || "fault");
    if (said.v) carry(said.v);
    return said;
  }

  return { record };
}
