// Shows a placement while it is being made: the frame beside the form follows what is chosen.
for (const form of document.querySelectorAll('[data-controller="draft"]')) {
  const look = form.querySelector('[data-part="look"]');
  let waiting = 0;

  look.hidden = true;
  form.addEventListener("change", ({ target }) => {
    if (target.name !== "name" && !target.name.startsWith("product-")) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });

  function show() {
    const url = new URL(form.dataset.preview, location.href);
    for (const [name, value] of new FormData(form))
      if (name === "name" || name.startsWith("product-")) url.searchParams.set(name, value);
    form.querySelector("iframe").src = url;
  }
}
