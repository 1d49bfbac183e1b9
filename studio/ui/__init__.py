"""The page: a notebook, a canvas and a timeline over one session. `page.build` makes it."""
