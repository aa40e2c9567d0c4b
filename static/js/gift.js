// A gift's page: copies, prints, and sends each form once. Without it the page works as well.
const behaviours = {
  copy(button) {
    const words = button.querySelector('[data-part="words"]');
    const said = button.closest("section").querySelector('[data-part="said"]');
    const before = words.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.text);
      } catch {
        return;
      }
      words.textContent = said.textContent = words.dataset.done;
      setTimeout(() => {
        words.textContent = before;
        said.textContent = "";
      }, 3000);
    });
  },
  print(button) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  },
  once(form) {
    const button = form.querySelector("button");
    form.addEventListener("submit", (event) => {
      if (button.getAttribute("aria-busy") === "true") event.preventDefault();
      button.setAttribute("aria-busy", "true");
    });
    addEventListener("pageshow", () => button.removeAttribute("aria-busy"));
  },
};

for (const element of document.querySelectorAll("[data-controller]")) {
  behaviours[element.dataset.controller](element);
}
