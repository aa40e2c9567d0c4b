// The print button; without script the browser's own menu does it.
for (const button of document.querySelectorAll('[data-controller="print"]')) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
