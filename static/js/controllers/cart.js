// Saves a changed quantity by itself, a moment after the last change. The page comes back with the
// field's name in its address, so that whoever was using it can go on.
export default function cart(form) {
  let timer;
  const field = form.elements.quantity;
  if (location.hash === `#${field.id}`) field.focus({ preventScroll: true });
  form.querySelector('[data-part="update"]').hidden = true;
  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => form.reportValidity() && form.requestSubmit(), 500);
  });
}
