// Shows price, offer and stock of the variant that is chosen, keeps the quantity within what is left, and
// records that the shopper went on to buy.
export default function buy(form, frame) {
  const product = form.closest(".product");
  const price = product.querySelector('[data-part="price"]');
  const was = product.querySelector('[data-part="was"]');
  const stock = product.querySelector('[data-part="stock"]');
  const number = form.elements.quantity;

  function show({ dataset, value }) {
    price.textContent = dataset.price;
    was.hidden = !dataset.was;
    was.querySelector('[data-part="was-price"]').textContent = dataset.was;
    was.querySelector('[data-part="was-off"]').textContent = dataset.off;
    for (const offer of product.querySelectorAll("[data-offer-of]")) {
      offer.hidden = offer.dataset.offerOf !== value;
    }
    stock.textContent = dataset.stock;
    stock.className = `badge badge--${dataset.tone}`;
    number.max = dataset.left || 99;
    if (Number(number.value) > Number(number.max)) number.value = number.max;
    number.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("change", ({ target }) => {
    if (target.name === "variant") show(target);
  });
  form.addEventListener("submit", () => frame.record("click").catch(() => {}));
  const chosen = form.querySelector('input[type="radio"]:checked');
  if (chosen) show(chosen);
}
