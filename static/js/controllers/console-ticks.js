// Ticks every box of a page at once; without it each is ticked by hand.
for (const form of document.querySelectorAll('[data-controller="ticks"]')) {
  const all = form.querySelector('[data-part="all"]');
  const boxes = [...form.elements].filter((each) => each.name.startsWith("order-"));

  all.hidden = boxes.length < 2;
  all.firstElementChild.addEventListener("change", ({ target }) => {
    for (const box of boxes) box.checked = target.checked;
  });
}
