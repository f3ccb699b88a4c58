/**
 * Access keys: who may speak to the node, and what each key opens.
 *
 * <p>Knows a directory; not the protocols that the keys are for.
 *
 * <p>{@code access.json} holds the keys (format 1): {@code {"format":1,"keys":[{"id","user","grants":["read:bucket"],
 * "created","revoked","secret"}]}}. A secret is the Base64 of a 12-byte nonce and its AES-256-GCM encryption under
 * {@code secret.key}, 32 random bytes that only the owner of the process may read; what the entry says besides is
 * authenticated with it, so that an entry that was changed by hand opens nothing. The secret of a revoked key is erased. {@code access.lock} is locked while the file is changed.
 */
@NullMarked
package dev.varve.server.keys;

import org.jspecify.annotations.NullMarked;
