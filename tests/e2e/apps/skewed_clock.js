// Preloaded, it makes the process believe another time:
//   CLOCK_OFFSET_MS=-3600000 node --require ./skewed_clock.js program.js
'use strict';
const Real = Date;
const offset = Number(process.env.CLOCK_OFFSET_MS);

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length) super(...parts);
    else super(Real.now() + offset);
  }

  static now() {
    return Real.now() + offset;
  }
};
