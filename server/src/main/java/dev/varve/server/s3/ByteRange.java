package dev.varve.server.s3;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stretch of an object: from {@code offset}, {@code length} bytes. */
record ByteRange(long offset, long length) {
    private static final Pattern FORM = Pattern.compile("bytes\\s*=\\s*(\\d{0,18})\\s*-\\s*(\\d{0,18})");

    /** Of the header {@code Range}; empty if it means nothing. */
    static Optional<ByteRange> of(String header, long size) {
        if (header.startsWith("bytes") && header.indexOf(',') >= 0) {
            throw new S3Exception(S3Code.INVALID_RANGE, "Only one range can be asked for at a time");
        }
        Matcher form = FORM.matcher(header.strip());
        if (!form.matches() || (form.group(1).isEmpty() && form.group(2).isEmpty())) {
            return Optional.empty();
        }
        if (form.group(1).isEmpty()) {
            long suffix = Math.min(Long.parseLong(form.group(2)), size);
            if (suffix == 0) {
                throw unsatisfiable();
            }
            return Optional.of(new ByteRange(size - suffix, suffix));
        }
        long first = Long.parseLong(form.group(1));
        long last = form.group(2).isEmpty() ? size - 1 : Long.parseLong(form.group(2));
        if (!form.group(2).isEmpty() && last < first) {
            return Optional.empty();
        }
        if (first >= size) {
            throw unsatisfiable();
        }
        return Optional.of(new ByteRange(first, Math.min(last, size - 1) - first + 1));
    }

    /** Of the header {@code x-amz-copy-source-range}, which must lie in the object. */
    static ByteRange ofCopy(String header, long size) {
        Matcher form = FORM.matcher(header.strip());
        if (!form.matches() || form.group(1).isEmpty() || form.group(2).isEmpty()) {
            throw S3Exception.invalidArgument("x-amz-copy-source-range must be of the form bytes=first-last");
        }
        long first = Long.parseLong(form.group(1));
        long last = Long.parseLong(form.group(2));
        if (last < first || last >= size) {
            throw new S3Exception(
                    S3Code.INVALID_RANGE, "the range to copy does not lie in the source of " + size + " bytes");
        }
        return new ByteRange(first, last - first + 1);
    }

    private static S3Exception unsatisfiable() {
        return new S3Exception(S3Code.INVALID_RANGE, "The requested range is not satisfiable");
    }

    String contentRange(long size) {
        return "bytes " + offset + "-" + (offset + length - 1) + "/" + size;
    }
}
