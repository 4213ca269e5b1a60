"""What the person looks at: state, workspace, tour, two maps. It knows nothing of Tk or Matplotlib."""
