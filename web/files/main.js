// Starts the page of files.
