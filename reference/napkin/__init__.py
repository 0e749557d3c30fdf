"""Count, predict, measure, compare: arithmetic by hand, and the clock that checks it.

One module a task: `layers` and `sizing` count work, `campaign` counts money, `scaling`,
`roofline`, `service` and `growth` predict time, `stopwatch` and `sheet` measure it, and
`audit` recomputes published claims.
Import from the modules: `from reference.napkin.roofline import ridge`.
"""
