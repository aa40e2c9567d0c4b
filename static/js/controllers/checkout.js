// Asks only what the chosen way needs: a store for pick-up, an address for shipping.
export default function checkout(form) {
  const needed = ["address_line1", "address_postcode", "address_city", "address_country"];

  function fit() {
    const way = form.elements.fulfilment.value;
    for (const part of form.querySelectorAll("[data-when]")) {
      part.hidden = part.disabled = part.dataset.when !== way;
    }
    for (const name of needed) form.elements[name].required = way === "shipping";
  }

  form.addEventListener("change", ({ target }) => target.name === "fulfilment" && fit());
  fit();
  form.querySelector('[data-part="faults"]')?.focus();
}
