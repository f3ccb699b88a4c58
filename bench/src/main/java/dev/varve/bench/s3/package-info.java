/**
 * Signs S3 requests, for clients that do little else.
 *
 * <p>Knows AWS Signature Version 4. Must not know what is measured or tested with it.
 */
@NullMarked
package dev.varve.bench.s3;

import org.jspecify.annotations.NullMarked;
