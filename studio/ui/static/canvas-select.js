/* Selecting with the model's eye: a click asks what is there, words have asked already. Either way a mask comes back and
   is one more step that undo takes back. What cannot be selected is said to the window as "pentimento:say" {text}. */
(() => {
  "use strict";
  const { address } = globalThis.PentimentoDom;
  const { numbers } = globalThis.PentimentoRuns;

  const say = (text) => window.dispatchEvent(new CustomEvent("pentimento:say", { detail: { text } }));

  /** Asks for the thing at a pixel, and puts the mask on it. A later click makes an earlier one void. */
  async function pick(canvas, x, y, how) {
    const { version, select } = canvas.value;
    if (!address(select)) return;
    const asked = (canvas.asking = {});
    canvas.hand.look();
    const answer = await ask(`${address(select)}?x=${x}&y=${y}`);
    if (canvas.asking !== asked) return;
    canvas.asking = null;
    canvas.hand.look();
    if (answer.refused) say(answer.refused);
    else if (canvas.value.version === version) lay(canvas, answer, how);
  }

  async function ask(url) {
    try {
      const answer = await fetch(url, { cache: "no-store" });
      return answer.ok ? await answer.json() : { refused: await answer.text() };
    } catch {
      return { refused: "The studio does not answer." };
    }
  }

  /** What words have put the mask on, once. */
  function take(canvas, selected) {
    if (!selected || selected.id === canvas.taken) return;
    canvas.taken = selected.id;
    lay(canvas, selected.mask, {});
    say(`Selected ${selected.words}. Say what goes there.`);
  }

  function lay(canvas, mask, how) {
    canvas.lay({ kind: "select", runs: numbers(mask.runs), ...how });
  }

  globalThis.PentimentoSelect = { pick, take };
})();
