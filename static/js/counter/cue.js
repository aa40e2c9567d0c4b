// What an answer sounds and feels like: taken rises, refused falls and shakes, look again repeats.
const TONES = { good: [660, 880, 1320], bad: [220, 165, 110], look: [520, 520] };
const SHAKES = { good: [60], bad: [250, 80, 250], look: [90, 60, 90] };
let audio;

export default function cue(tone) {
  navigator.vibrate?.(SHAKES[tone]);
  try {
    audio ??= new AudioContext();
    audio.resume();
    TONES[tone].forEach((pitch, index) => {
      const start = audio.currentTime + index * 0.13;
      const voice = audio.createOscillator();
      const volume = audio.createGain();
      voice.type = tone === "bad" ? "square" : "sine";
      voice.frequency.value = pitch;
      volume.gain.setValueAtTime(0.2, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.12);
      voice.connect(volume).connect(audio.destination);
      voice.start(start);
      voice.stop(start + 0.13);
    });
  } catch {
    // A device without sound has the colour, the mark and the words.
  }
}
