/* Where every version lies: a pure function from the history's window to columns and lanes.

   A version has a column of its own, newest right. A child carries on in its parent's lane if nobody came in between;
   otherwise it takes the highest lane that has been free since its parent. Adding a version never moves an older one. */
(() => {
  "use strict";

  /** nodes -> { places: Map of id -> { node, column, lane, parent, children }, columns, lanes } */
  function layout(nodes) {
    const places = new Map();
    const last = []; // of each lane: the column of its newest version
    const inOrder = [...nodes].sort((a, b) => a.number - b.number);
    inOrder.forEach((node, column) => {
      const parent = places.get(node.parent) ?? null;
      const lane = parent ? laneAfter(parent, last) : freeLane(last, column - 1);
      last[lane] = column;
      const place = { node, column, lane, parent, children: [] };
      parent?.children.push(place);
      places.set(node.id, place);
    });
    return { places, columns: inOrder.length, lanes: last.length };
  }

  function laneAfter(parent, last) {
    return last[parent.lane] === parent.column ? parent.lane : freeLane(last, parent.column);
  }

  /** The first lane without a version after `column`. */
  function freeLane(last, column) {
    const lane = last.findIndex((newest) => newest <= column);
    return lane < 0 ? last.length : lane;
  }

  /** Where an arrow key leads from a place: to the parent, along the path, or to the version beside it. */
  function neighbour(places, from, key) {
    if (key === "ArrowLeft") return from.parent ?? beside(places, from, -1);
    if (key === "ArrowRight") return from.children.find((child) => child.node.path) ?? from.children[0] ?? null;
    return sibling(from, key === "ArrowDown" ? 1 : -1) ?? otherLane(places, from, key === "ArrowDown" ? 1 : -1);
  }

  function sibling(from, step) {
    const children = from.parent?.children ?? [];
    return children[children.indexOf(from) + step] ?? null;
  }

  /** The nearest version in the nearest lane that way. */
  function otherLane(places, from, step) {
    const cost = (place) => Math.abs(place.lane - from.lane) * 1000 + Math.abs(place.column - from.column);
    return [...places.values()]
      .filter((place) => Math.sign(place.lane - from.lane) === step)
      .reduce((best, place) => (!best || cost(place) < cost(best) ? place : best), null);
  }

  /** A root has no parent to go to: the version just before it, if there is one. */
  function beside(places, from, step) {
    return [...places.values()].find((place) => place.column === from.column + step) ?? null;
  }

  globalThis.PentimentoLayout = { layout, neighbour };
})();
