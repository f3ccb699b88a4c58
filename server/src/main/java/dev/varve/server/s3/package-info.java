/**
 * Buckets and objects over the S3 protocol: signatures, operations, XML.
 *
 * <p>Knows an object store and access keys, not how either keeps what it holds. Every request goes the same way:
 * {@code S3Request} (what was asked), {@code Authenticator} (who asks), {@code Operation} (what that is called),
 * {@code Access} (whether they may), then one of the {@code …Operations}.
 */
@NullMarked
package dev.varve.server.s3;

import org.jspecify.annotations.NullMarked;
