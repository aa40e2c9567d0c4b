// Like and share. A share gets a link of its own; the phone's own share sheet is used where there
// is one, else the link is shown to be copied.
export default function share(element, frame) {
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const [like, button, panel, link, copy] = ["like", "share", "panel", "link", "copy"].map(part);
  if (self.origin === "null") return;
  part("plain").hidden = true;
  button.hidden = false;
  if (like) like.hidden = false;

  async function attempt(act) {
    part("error").textContent = "";
    try {
      await act();
    } catch {
      part("error").textContent = part("error").dataset.words;
    }
  }

  like?.addEventListener("click", () =>
    attempt(async () => {
      if (like.ariaPressed === "true") return;
      await frame.record("like");
      like.ariaPressed = "true";
      const words = part("words");
      words.textContent = words.dataset.done;
    }),
  );

  button.addEventListener("click", () =>
    attempt(async () => {
      if (!panel.hidden) return void show(false);
      link.value ||= (await frame.record("share")).share_url;
      const offer = { title: element.dataset.title, url: link.value };
      if (matchMedia("(pointer: coarse)").matches && navigator.canShare?.(offer)) {
        const sent = await navigator.share(offer).then(
          () => true,
          (error) => error.name === "AbortError",
        );
        if (sent) return;
      }
      show(true);
    }),
  );

  function show(isOpen) {
    panel.hidden = !isOpen;
    button.ariaExpanded = String(isOpen);
    if (isOpen) link.select();
  }

  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.value);
    } catch {
      // Without the permission the old way still works after a click.
      link.select();
      document.execCommand("copy");
    }
    const words = part("copy-words");
    words.textContent = part("said").textContent = words.dataset.done;
  });
}
