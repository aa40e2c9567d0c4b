// How long an offer lasts, or until it starts. The server says what was left when it began to answer;
// from there a clock counts that nobody can set. At the end the page asks the server what is true.
const ANNOUNCED = [60, 30, 15, 10, 5, 4, 3, 2, 1];
const SLEPT = 2000;
// In seconds: the answer was on its way for a moment, and nobody is to be shown more than is left.
const ON_ITS_WAY = 0.25;

export default function offer(element) {
  const words = element.querySelector('[data-part="words"]');
  const said = element.querySelector('[data-part="said"]');
  const [answer] = performance.getEntriesByType("navigation");
  const end = (answer?.responseStart ?? 0) + Number(element.dataset.ms);
  const drift = () => Date.now() - performance.now();
  let spoken = Math.ceil((end - performance.now()) / 60000);
  let hidden = drift();

  const two = (number) => String(number).padStart(2, "0");

  function clock(left) {
    const days = Math.floor(left / 86400);
    const time = `${two(Math.floor(left / 3600) % 24)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    return days ? `${element.dataset.wordsDays.replace("{days}", days)} ${time}` : time;
  }

  function tick() {
    const ms = end - performance.now();
    const left = ms > 0 ? Math.max(1, Math.ceil(ms / 1000 - ON_ITS_WAY)) : 0;
    words.textContent = left ? `${element.dataset.words} ${clock(left)}` : element.dataset.wordsOver;
    const minutes = Math.ceil(left / 60);
    if (left && minutes < spoken) {
      spoken = minutes;
      if (ANNOUNCED.includes(minutes)) {
        said.textContent = element.dataset.wordsMinutes.replace("{minutes}", minutes);
      }
    }
    if (left) {
      // At the very moment at which the words change: looking now and then would show them late.
      setTimeout(tick, 1 + (left > 1 ? ms - (left - 1 + ON_ITS_WAY) * 1000 : ms));
      return;
    }
    said.textContent = element.dataset.wordsOver;
    setTimeout(() => location.reload(), 1000 + 1000 * Math.random());
  }

  // Some devices stop this clock while they sleep; then the server is asked once more.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hidden = drift();
    else if (Math.abs(drift() - hidden) > SLEPT) location.reload();
  });
  tick();
}
