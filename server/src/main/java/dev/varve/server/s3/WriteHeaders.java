package dev.varve.server.s3;

import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectWrite;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the headers of a write say of the object. */
final class WriteHeaders {
    private static final int MOST_METADATA_BYTES = 2048;
    private static final String META = "x-amz-meta-";
    private static final List<String> CONTENT = List.of(
            "content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires");
    /** Headers that ask for what there is not; to ignore them would be to lie. */
    private static final List<String> REFUSED = List.of(
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-server-side-encryption-customer-algorithm",
            "x-amz-server-side-encryption-customer-key",
            "x-amz-copy-source-server-side-encryption-customer-algorithm",
            "x-amz-website-redirect-location",
            "x-amz-write-offset-bytes");

    private WriteHeaders() {}

    /** The object to be written, by everything that the request says of it. */
    static ObjectWrite write(S3Call call, Condition condition, Instant now) {
        S3Request request = call.request();
        refuse(request);
        boolean hasHold = request.header("x-amz-object-lock-legal-hold").isPresent();
        if (hasHold || request.header("x-amz-object-lock-mode").isPresent()) {
            LockOperations.requireLock(call);
        }
        return new ObjectWrite(
                call.bucketName(),
                call.key(),
                call.caller().user(),
                headers(request),
                metadata(request),
                Tags.ofHeader(request),
                LockOperations.ofHeaders(request, now),
                LockOperations.holdOfHeaders(request),
                condition,
                false);
    }

    static void refuse(S3Request request) {
        for (String name : REFUSED) {
            if (request.header(name).isPresent()) {
                throw new S3Exception(S3Code.NOT_IMPLEMENTED, "There is no support for the header " + name + " yet.");
            }
        }
    }

    static Map<String, String> headers(S3Request request) {
        Map<String, String> headers = new HashMap<>();
        for (String name : CONTENT) {
            request.header(name).filter(value -> !value.isEmpty()).ifPresent(value -> headers.put(name, value));
        }
        // The coding of chunks is of the transfer, and ends with it.
        String encoding = headers.get("content-encoding");
        if (encoding != null && encoding.contains("aws-chunked")) {
            List<String> codings = List.of(encoding.split(",")).stream()
                    .map(String::strip)
                    .filter(coding -> !coding.equals("aws-chunked") && !coding.isEmpty())
                    .toList();
            if (codings.isEmpty()) {
                headers.remove("content-encoding");
            } else {
                headers.put("content-encoding", String.join(", ", codings));
            }
        }
        headers.putAll(CannedAcl.kept(CannedAcl.of(request)));
        return headers;
    }

    static Map<String, String> metadata(S3Request request) {
        Map<String, String> metadata = request.headersUnder(META);
        long bytes = 0;
        for (Map.Entry<String, String> pair : metadata.entrySet()) {
            bytes += pair.getKey().length() + pair.getValue().getBytes(StandardCharsets.UTF_8).length;
            if (pair.getKey().isEmpty() || !isHeaderName(pair.getKey())) {
                throw S3Exception.invalidArgument("the name of a pair of metadata is not a header's");
            }
        }
        if (bytes > MOST_METADATA_BYTES) {
            throw new S3Exception(
                    S3Code.METADATA_TOO_LARGE, "Your metadata headers exceed the maximum allowed metadata size");
        }
        return metadata;
    }

    /** Parameters of presigned requests stand for headers, and could hold anything. */
    private static boolean isHeaderName(String name) {
        return name.chars().allMatch(next -> next > ' ' && next < 0x7F && ":\"(),/;<=>?@[\\]{}".indexOf(next) < 0);
    }
}
