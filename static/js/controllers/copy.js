// Copies or shares a link; without script it can be selected by hand.
export default function copy(root) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const text = part("text");
  const words = part("words");
  const before = words.textContent;

  text.addEventListener("focus", () => text.select());
  part("copy").hidden = false;
  part("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      // A host's page may keep the clipboard from its frames; an older way may still work.
      text.focus();
      if (!document.execCommand("copy")) return;
    }
    words.textContent = part("said").textContent = words.dataset.done;
    setTimeout(() => {
      words.textContent = before;
      part("said").textContent = "";
    }, 3000);
  });
  if (!navigator.share) return;
  part("share").hidden = false;
  part("share").addEventListener("click", () => {
    navigator.share({ title: root.dataset.title, url: text.value }).catch(() => {});
  });
}
