/* Masks as run lengths: unpainted and painted pixels take turns, row by row, beginning with unpainted. Python reads and
   writes the same code, see `studio/images/masks.py`. */
(() => {
  "use strict";

  /** Run lengths being written: unpainted and painted take turns, beginning with unpainted. */
  class Runs {
    constructor() {
      this.lengths = [0];
      this.value = 0;
    }

    add(value, length) {
      if (value === this.value) this.lengths[this.lengths.length - 1] += length;
      else {
        this.lengths.push(length);
        this.value = value;
      }
    }

    /** Adds all of `bits`, which holds only 0 and 1. */
    addBits(bits) {
      for (let at = 0; at < bits.length; ) {
        const value = bits[at];
        const next = bits.indexOf(value ^ 1, at);
        const end = next < 0 ? bits.length : next;
        this.add(value, end - at);
        at = end;
      }
    }
  }

  /** How many pixels are painted in these run lengths. */
  function painted(runs) {
    let sum = 0;
    for (let i = 1; i < runs.length; i += 2) sum += runs[i];
    return sum;
  }

  /** Numbers as LEB128 (seven bits a byte, least first), in base64: most runs are short. */
  function base64(numbers) {
    const code = [];
    for (let n of numbers) {
      for (; n > 127; n >>>= 7) code.push((n & 127) | 128);
      code.push(n);
    }
    const bytes = Uint8Array.from(code);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  }

  /** The numbers that `base64` wrote. */
  function numbers(text) {
    const found = [];
    let number = 0;
    let shift = 0;
    for (const letter of atob(text)) {
      const byte = letter.charCodeAt(0);
      number |= (byte & 127) << shift;
      shift += 7;
      if (byte > 127) continue;
      found.push(number);
      number = shift = 0;
    }
    return found;
  }

  globalThis.PentimentoRuns = { Runs, painted, base64, numbers };
})();
