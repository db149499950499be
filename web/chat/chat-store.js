/**
 * Past chats, in this browser's database. Every message is a record of its own, and a chat's record only says how it
 * is called and what it showed last: so two tabs that write at once both keep what they wrote.
 */

import { openDB } from "../vendor/idb/index.js";

/** @typedef {import("./thread.js").Message} Message */
/** @typedef {import("../vendor/idb/index.js").DBSchema} DBSchema */

/**
 * @typedef {object} Chat
 * @property {string} id
 * @property {string} title
 * @property {boolean} named        whether the user chose the title
 * @property {number} created       ms since 1970
 * @property {number} updated       ms since 1970
 * @property {string | null} leaf   the last message that was shown
 * @property {number} revision      counts the writes, from 1
 */

/**
 * @typedef {object} Stored
 * @property {Chat} chat
 * @property {Message[]} messages  oldest first
 */

/**
 * @typedef {DBSchema & {
 *   chats: { key: string, value: Chat },
 *   messages: { key: string, value: Message, indexes: { chat: string } },
 * }} Schema
 */

const NAME = "glowworm-chats";

/**
 * Fires `change` (a CustomEvent whose `detail` is a chat's id) when another tab has written, and when a chat was
 * renamed, removed or brought back here.
 */
export class ChatStore extends EventTarget {
  #db;
  #channel = new BroadcastChannel(NAME);

  /**
   * @returns {Promise<ChatStore>}
   * @throws {DOMException} where the browser keeps no data
   */
  static async open() {
    /** @type {import("../vendor/idb/index.js").IDBPDatabase<Schema>} */
    const db = await openDB(NAME, 1, {
      upgrade(db) {
        db.createObjectStore("chats", { keyPath: "id" });
        db.createObjectStore("messages", { keyPath: "id" }).createIndex("chat", "chat");
      },
      blocking: () => db.close(), // a newer version of the page wants to change the shape
    });
    return new ChatStore(db);
  }

  /** @param {import("../vendor/idb/index.js").IDBPDatabase<Schema>} db */
  constructor(db) {
    super();
    this.#db = db;
    this.#channel.onmessage = ({ data }) => this.#announce(data);
  }

  /** @returns {Promise<Chat[]>} the newest first */
  async list() {
    const chats = await this.#db.getAll("chats");
    return chats.sort((one, other) => other.updated - one.updated);
  }

  /**
   * @param {string} id
   * @returns {Promise<Stored | null>}
   */
  async read(id) {
    const reading = this.#db.transaction(["chats", "messages"]);
    const [chat, messages] = await Promise.all([
      reading.objectStore("chats").get(id),
      reading.objectStore("messages").index("chat").getAll(id),
    ]);
    return chat ? { chat, messages: inOrder(messages) } : null;
  }

  /** @returns {Promise<Stored[]>} everything, the newest chat first */
  async readAll() {
    const [chats, messages] = await Promise.all([this.list(), this.#db.getAll("messages")]);
    const byChat = Map.groupBy(inOrder(messages), ({ chat }) => chat);
    return chats.map((chat) => ({ chat, messages: byChat.get(chat.id) ?? [] }));
  }

  /**
   * Writes messages of one chat, unless it has been removed.
   * @param {string} id
   * @param {Message[]} messages
   * @param {{title: string, leaf: string | null}} about  the title is taken unless the user has chosen one
   * @param {boolean} [begins]  whether the chat is made if it is not there
   */
  async write(id, messages, { title, leaf }, begins = false) {
    const now = Date.now();
    const writing = this.#db.transaction(["chats", "messages"], "readwrite");
    const chats = writing.objectStore("chats");
    const fresh = begins ? { id, title, named: false, created: now, updated: now, leaf, revision: 0 } : null;
    const former = (await chats.get(id)) ?? fresh;
    if (!former) return;
    const chat = { ...former, title: former.named ? former.title : title, updated: now, leaf, revision: former.revision + 1 };
    await Promise.all([
      chats.put(chat),
      ...messages.map((message) => writing.objectStore("messages").put(message)),
      writing.done,
    ]);
    this.#channel.postMessage(id);
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  async rename(id, title) {
    const writing = this.#db.transaction("chats", "readwrite");
    const chat = await writing.store.get(id);
    if (chat) await writing.store.put({ ...chat, title, named: true, revision: chat.revision + 1 });
    await writing.done;
    this.#tell([id]);
  }

  /** @param {string[]} ids */
  async remove(ids) {
    const writing = this.#db.transaction(["chats", "messages"], "readwrite");
    const messages = writing.objectStore("messages");
    for (const id of ids) {
      await writing.objectStore("chats").delete(id);
      for (const key of await messages.index("chat").getAllKeys(id)) await messages.delete(key);
    }
    await writing.done;
    this.#tell(ids);
  }

  /**
   * Adds chats that were exported or removed. A chat that is here already keeps what it has and gets what it lacks.
   * @param {Stored[]} stored
   */
  async restore(stored) {
    const writing = this.#db.transaction(["chats", "messages"], "readwrite");
    for (const { chat, messages } of stored) {
      const here = await writing.objectStore("chats").get(chat.id);
      if (!here) await writing.objectStore("chats").put(chat);
      for (const message of messages) {
        if (!(await writing.objectStore("messages").getKey(message.id))) await writing.objectStore("messages").put(message);
      }
    }
    await writing.done;
    this.#tell(stored.map(({ chat }) => chat.id));
  }

  /** @param {string[]} ids  chats that have changed otherwise than by being talked in */
  #tell(ids) {
    for (const id of ids) {
      this.#channel.postMessage(id);
      this.#announce(id);
    }
  }

  /** @param {string} id */
  #announce(id) {
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }
}

/** @param {Message[]} messages */
function inOrder(messages) {
  return messages.sort((one, other) => one.created - other.created);
}
