// Shows price and stock of the variant that is chosen, keeps the quantity within what is left, and
// records that the shopper went on to buy.
export default function buy(form, frame) {
  const product = form.closest(".product");
  const price = product.querySelector('[data-part="price"]');
  const stock = product.querySelector('[data-part="stock"]');
  const number = form.elements.quantity;

  function show({ dataset }) {
    price.textContent = dataset.price;
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
