// Steps beside a number field. The field keeps its limits; a step changes it as typing would.
export default function quantity(element) {
  const field = element.querySelector("input");
  const steps = element.querySelectorAll("[data-step]");

  function fence() {
    const [least, value, most] = [Number(field.min), Number(field.value), Number(field.max)];
    steps[0].disabled = value <= least;
    steps[1].disabled = value >= most;
  }

  for (const step of steps) {
    step.hidden = false;
    step.addEventListener("click", () => {
      if (step.dataset.step > 0) field.stepUp();
      else field.stepDown();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  field.addEventListener("input", fence);
  fence();
}
