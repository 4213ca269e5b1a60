"""What the person looks at, and the headless core. Nothing here draws, or knows Tk.

open_map    the core: an open map. It listens to its engine and computes analyses
state       hidden classes, theme, pins, selection; view and cursor of a map; their signals
comparison  where an image of one map lies on the other; linked views
finding     the nearest image, what a search finds, lists of images that stand out
value_range the images whose value lies in a range; which values the colours span
tour        the stops of the tour: texts, places, and what each space improved
uses_tour   its second part: what spaces are good for
undo        what is marked, back and forth: pins, selection, hidden classes
workspace   view, pins, selection and colours as a JSON file
"""
