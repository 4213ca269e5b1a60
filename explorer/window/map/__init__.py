"""The canvas of one map: mouse, crosshair, marks, legend, lasso."""
