// Shows a placement or an offer while it is being made: the frame beside the form follows what is
// chosen. A form says with data-sends="all" that everything in it matters.
for (const form of document.querySelectorAll('[data-controller="draft"]')) {
  const look = form.querySelector('[data-part="look"]');
  const sendsAll = form.dataset.sends === "all";
  let waiting = 0;

  look.hidden = true;
  form.addEventListener("change", ({ target }) => {
    if (!matters(target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });

  function matters(name) {
    return sendsAll || name === "name" || name === "offer" || name.startsWith("product-");
  }

  function show() {
    const url = new URL(form.dataset.preview, location.href);
    for (const [name, value] of new FormData(form))
      if (matters(name)) url.searchParams.set(name, value);
    form.querySelector("iframe").src = url;
  }
}
