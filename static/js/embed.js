// The one script on a host's page. It turns <div data-placement="plc_…"> into a frame of the shop.
// The link inside the div stays until the frame says that it is ready, and for ever if it never does.
(() => {
  const known = window.Storefront;
  if (known?.scan) return known.scan();
  const shop = new URL(".", document.currentScript.src);
  const mark = new URLSearchParams(location.search).get("sf");
  const entries = [];
  const waiting = {};
  let count = 0;

  const mount = (box) => {
    const id = box.dataset.placement;
    if (!/^plc_\w+$/.test(id) || entries.some((entry) => entry.box === box)) return;
    const frame = document.createElement("iframe");
    const src = new URL("e/" + id, shop);
    if (mark) src.searchParams.set("v", mark);
    src.searchParams.set("h", location.origin);
    frame.src = src;
    frame.title = box.title || box.textContent.trim() || "Shop";
    frame.allow = "payment *" + (navigator.share ? "; web-share" : "");
    frame.loading = "lazy";
    frame.style.cssText = "display:block;width:100%;height:1px;border:0;opacity:0";
    const entry = { box, frame, id };
    entry.ready = new Promise((resolve) => (entry.open = resolve));
    // After the shopper has moved on inside the frame, its new page has to learn who we are.
    frame.onload = () => entry.isOpen && say(entry, "hello");
    entries.push(entry);
    box.append(frame);
  };

  const scan = () => document.querySelectorAll("[data-placement]").forEach(mount);

  const say = (entry, type, more) => {
    const id = "h" + ++count;
    entry.frame.contentWindow.postMessage({ storefront: 1, type, id, ...more }, shop.origin);
    return id;
  };

  const tell = (box, type, detail) =>
    box.dispatchEvent(new CustomEvent("storefront:" + type, { bubbles: true, detail }));

  const heard = {
    ready(entry, { view }) {
      const { box, frame } = entry;
      // A new view begins at its top, even if the last one was left at its end.
      if (entry.isOpen && entry.view !== view && frame.getBoundingClientRect().top < 0)
        frame.scrollIntoView();
      entry.view = view;
      if (entry.isOpen) return;
      entry.isOpen = 1;
      for (const child of [...box.childNodes]) if (child !== frame) child.remove();
      frame.style.cssText =
        "display:block;width:100%;height:120px;border:1px solid #8883;border-radius:16px;box-sizing:content-box;max-width:calc(100% - 2px);scroll-margin:5rem";
      entry.open();
      tell(box, "ready");
    },
    height(entry, { height }) {
      if (typeof height == "number" && height > 0)
        entry.frame.style.height = Math.min(2000, Math.max(120, Math.ceil(height))) + "px";
    },
    recorded(entry, { id, interaction, share_url, error }) {
      const settle = waiting[id];
      if (!settle) return;
      delete waiting[id];
      if (error) settle[1](new Error(error));
      else settle[0]({ interaction, share_url });
    },
    paid(entry, { order }) {
      tell(entry.box, "paid", { order });
    },
  };

  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== shop.origin || !data || data.storefront !== 1) return;
    const entry = entries.find((each) => each.frame.contentWindow === source);
    if (entry && Object.hasOwn(heard, data.type)) heard[data.type](entry, data);
  });

  window.Storefront = {
    scan,
    async record(placement, kind) {
      const entry = entries.find((each) => each.id === placement);
      if (!entry) throw new Error("unknown placement");
      entry.frame.loading = "eager";
      await entry.ready;
      return new Promise((...settle) => {
        waiting[say(entry, "record", { kind })] = settle;
      });
    },
  };
  scan();
  addEventListener("DOMContentLoaded", scan);
})();
