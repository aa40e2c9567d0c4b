// Saves a changed quantity by itself, a moment after the last change.
export default function cart(form) {
  let timer;
  form.querySelector('[data-part="update"]').hidden = true;
  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => form.reportValidity() && form.requestSubmit(), 500);
  });
}
