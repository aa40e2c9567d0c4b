// Records one view when the shopper can really see it: not while prerendered, hidden or scrolled
// past out of sight. Several signs of life in one page are still one view.
export default async function view(element, frame) {
  if (self.origin === "null") return;
  if (document.prerendering) await heard(document, "prerenderingchange");
  while (document.visibilityState !== "visible") await heard(document, "visibilitychange");
  await seen(element);
  frame.record("view").catch(() => {});

  function heard(target, name) {
    return new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
  }

  function seen(target) {
    return new Promise((resolve) => {
      const watch = new IntersectionObserver((entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        resolve();
      });
      watch.observe(target);
    });
  }
}
