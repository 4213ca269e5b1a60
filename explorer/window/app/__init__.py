"""The window itself: menus, help, dialogs."""
