// The pictures of the page, as lines in a field of 24 by 24.

const FOLDER = 'M3 7v12h18V8h-9l-2-2H4z';
const CIRCLE = 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17';
const SHEET = 'M6 3h8l5 5v13H6zM14 3v5h5';

/** What `icon` of `lib/dom.js` draws. */
export const ICONS = {
  back: 'M15 5l-7 7 7 7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  down: 'M6 9l6 6 6-6',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  folderAdd: `${FOLDER}M12 11v5M9.5 13.5h5`,
  facts: `${CIRCLE}M12 11v6M12 7.5v.1`,
  help: `${CIRCLE}M9.5 9.7a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.8v.1`,
  history: 'M4 12a8 8 0 1 1 2.5 5.8M4 12l-2-2.5M4 12l2.5-2M12 8v4.5l3 1.8',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  more: 'M5 12v.1M12 12v.1M19 12v.1',
  move: `${FOLDER}M9 13.5h6M13 11l2.5 2.5L13 16`,
  open: FOLDER,
  rename: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L20 20',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  up: 'M6 15l6-6 6 6',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  view: 'M2 12s4-6.5 10-6.5S22 12 22 12s-4 6.5-10 6.5S2 12 2 12M12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5',
};

/** The signs of files in the list, by what they are. */
export const SIGNS = {
  folder: 'M3 6.5v12.5h18V8.5h-9L9.8 6.5z',
  file: SHEET,
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-2.5 4 3.5M15.5 8.5v.1',
  film: 'M4 5h16v14H4zM10 9l5 3-5 3z',
  sound: 'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-2.5-2.5A2.5 2.5 0 0 1 9 18M19 16a2.5 2.5 0 1 1-2.5-2.5A2.5 2.5 0 0 1 19 16',
  text: `${SHEET}M9 12h7M9 15h7M9 18h4`,
  sheet: `${SHEET}M9 12h7v6H9zM9 15h7M12.5 12v6`,
  archive: `${SHEET}M10 3v2h2v2h-2v2h2v2h-2M10 14h2v3h-2z`,
  code: `${SHEET}M11 12l-2.5 2.5L11 17M14 12l2.5 2.5L14 17`,
};
