// What the page of files hands to its parts: uploads, the viewer, versions, sharing, deleted items.
// Only types stand here; `app.js` makes the one object there is.

/**
 * A file or folder, as the Core API v1 tells of it (docs/protocols/dropbox-v1.md).
 * @typedef {object} Entry
 * @property {string} path From the root, beginning with a slash; no slash at its end.
 * @property {boolean} is_dir
 * @property {number} bytes 0 for folders.
 * @property {string} [rev] The root has none.
 * @property {string} [modified] As RFC 2822 has dates.
 * @property {string} [client_mtime]
 * @property {string} [mime_type]
 * @property {string} [icon]
 * @property {boolean} thumb_exists
 * @property {boolean} [is_deleted]
 * @property {string} [hash] Of a folder that was listed.
 * @property {Entry[]} [contents]
 * @property {boolean} [has_more]
 */

/**
 * What a toast offers besides its text.
 * @typedef {object} ToastOptions
 * @property {string} [action] What the button says, such as "Undo".
 * @property {() => void} [run] What it does.
 * @property {'info' | 'problem'} [kind] A problem stays until it is dismissed.
 */

/**
 * A question with two answers.
 * @typedef {object} Question
 * @property {string} title
 * @property {string} text
 * @property {string} yes What the button that goes on says.
 * @property {boolean} [danger]
 */

/**
 * How a dialog looks and ends.
 * @typedef {object} DialogOptions
 * @property {'small' | 'wide' | 'full'} [size] `full` covers the window, without margins and without a title bar of its own.
 * @property {() => void} [onclose] However it was closed: Esc, its button, or `close()`.
 */

/**
 * The one object that every part gets.
 * @typedef {object} Context
 * @property {import('../api/client.js').Client} api
 * @property {Record<string, any>} account What `account/info` told: `uid`, `display_name`, `email`, `quota_info` (bytes).
 * @property {string} path The folder that is open; the root is `''`, any other has no slash at its end.
 * @property {boolean} isViewing Whether a file is shown over the folder: then the browser's Back ends that.
 * @property {string} formToken For `form_token` in forms that are posted to pages.
 * @property {(path: string) => Promise<void>} go Opens a folder, as a link to it would.
 * @property {(paths: string[]) => void} select Selects these in the open folder and scrolls to the first; those that are not there
 *   yet are selected when they come.
 * @property {() => Promise<void>} refresh Reads the open folder again.
 * @property {(text: string, options?: ToastOptions) => void} toast
 * @property {(question: Question) => Promise<boolean>} confirm
 * @property {(title: string, content: Node, options?: DialogOptions) => {close: () => void, element: HTMLDialogElement}} dialog
 * @property {() => Entry[]} entries Those of the open folder (or the search that is shown), as they stand there.
 * @property {(entry: Entry, as?: string) => Promise<void>} download Has the browser save a file (or a folder, as a zip).
 */

export {};
