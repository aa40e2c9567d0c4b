// Copies a snippet when asked; without it the text can be selected by hand.
for (const root of document.querySelectorAll('[data-controller="copy"]')) {
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
      text.focus();
      return;
    }
    words.textContent = words.dataset.done;
    part("said").textContent = words.dataset.done;
    setTimeout(() => {
      words.textContent = before;
      part("said").textContent = "";
    }, 3000);
  });
}
