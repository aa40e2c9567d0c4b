// How long the things are kept. Counts from what the server said was left, so a shopper's own clock
// does not matter; minutes are read out, seconds are not.
export default function countdown(element) {
  const words = element.querySelector('[data-part="words"]');
  const said = element.querySelector('[data-part="said"]');
  let end = performance.now() + Number(element.dataset.seconds) * 1000;
  let spoken = Math.ceil(element.dataset.seconds / 60);

  function tick() {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const minutes = Math.floor(left / 60);
    words.textContent = left
      ? `${element.dataset.words} ${minutes}:${String(left % 60).padStart(2, "0")}`
      : element.dataset.wordsOver;
    element.toggleAttribute("data-late", left < 60);
    if (minutes && minutes < spoken) {
      spoken = minutes;
      said.textContent = element.dataset.wordsMinutes.replace("{minutes}", minutes);
    }
    if (left) return;
    clearInterval(timer);
    element.dispatchEvent(new CustomEvent("hold-over", { bubbles: true }));
  }

  element.addEventListener("hold-extended", ({ detail }) => {
    end = performance.now() + detail * 1000;
    spoken = Math.ceil(detail / 60);
    tick();
  });
  const timer = setInterval(tick, 1000);
  tick();
}
