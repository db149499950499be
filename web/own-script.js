/**
 * Addresses of scripts, as pages that require Trusted Types want them. Such a page starts a worker only from an
 * address that a policy has passed, and the site's content security policy allows one policy for that: this one.
 */

const SITE = new URL("./", import.meta.url).href;

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("glowworm", { createScriptURL: ownAddress });

/**
 * @param {URL} url  of one of this site's scripts
 * @returns {URL} in truth a string or a `TrustedScriptURL`, which type declarations do not know yet
 * @throws {TypeError} when the script is not this site's
 */
export function ownScript(url) {
  return policy ? policy.createScriptURL(url.href) : /** @type {any} */ (ownAddress(url.href));
}

/** @param {string} address */
function ownAddress(address) {
  if (!address.startsWith(SITE)) throw new TypeError(`${address} is no script of this site.`);
  return address;
}
