// The check of a code before an attempt is spent on it: the twin of gifting/codes.py. It returns
// undefined where a code adds up and where the server must say (an address), 0 where the whole does
// not add up, else the place (from 1) of a symbol that no code has.
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH = 17;

export default function mistyped(typed) {
  if (/^\s*([a-z][a-z0-9+.-]*:\/\/|www\.)/i.test(typed)) return undefined;
  const code = typed.normalize("NFKC").toUpperCase().replace(/[\s\p{Pd}\u2212\u00ad]/gu, "");
  const symbols = [...code].slice(0, LENGTH);
  const stray = symbols.findIndex((symbol) => !ALPHABET.includes(symbol));
  if (stray >= 0) return stray + 1;
  if ([...code].length !== LENGTH) return 0;
  const sum = symbols.reduce(
    (total, symbol, index) => total + (LENGTH - index) * ALPHABET.indexOf(symbol),
    0,
  );
  return sum % ALPHABET.length === 0 ? undefined : 0;
}
