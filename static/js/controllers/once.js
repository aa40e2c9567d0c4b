// A form that is on its way is not sent again by a second click.
export default function once(form) {
  let button;

  function rest() {
    button?.removeAttribute("aria-busy");
    button = undefined;
  }

  form.addEventListener("submit", (event) => {
    if (button) return event.preventDefault();
    button = event.submitter ?? form;
    button.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", ({ persisted }) => persisted && rest());
}
