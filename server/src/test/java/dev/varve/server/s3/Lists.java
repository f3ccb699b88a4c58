package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whole listings of a bucket, page by page, as clients get them; keys are percent-coded on their way. */
final class Lists {
    private static final Pattern KEY = Pattern.compile("<Key>([^<]*)</Key>");
    private static final Pattern PREFIX = Pattern.compile("<CommonPrefixes><Prefix>([^<]*)</Prefix>");
    private static final Pattern VERSION =
            Pattern.compile("<(Version|DeleteMarker)><Key>([^<]*)</Key><VersionId>([^<]*)</VersionId>");

    private final Connections connections;
    private final String bucket;

    /** A version or a delete marker. */
    record Version(String key, String id, boolean isMarker) {}

    Lists(Connections connections, String bucket) {
        this.connections = connections;
        this.bucket = bucket;
    }

    private TestRequest request(int most) {
        return TestRequest.of("GET", "/" + bucket)
                .by(TestRequest.Key.NODE)
                .query("encoding-type", "url")
                .query("max-keys", Integer.toString(most));
    }

    static String decoded(String coded) {
        return PercentCoding.text(PercentCoding.decode(coded));
    }

    private String answer(TestRequest request) throws IOException, InterruptedException {
        RawHttp.Answer answer = connections.send(request);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static List<String> keys(String body) {
        return KEY.matcher(body).results().map(key -> decoded(key.group(1))).toList();
    }

    List<String> v2(int most) throws IOException, InterruptedException {
        List<String> keys = new ArrayList<>();
        String token = "";
        do {
            TestRequest request = request(most).query("list-type", "2");
            if (!token.isEmpty()) {
                request.query("continuation-token", token);
            }
            String body = answer(request);
            keys.addAll(keys(body));
            token = text(body, "NextContinuationToken");
        } while (!token.isEmpty());
        return keys;
    }

    /** Keys, and what begins them up to a delimiter, as pages mix them. */
    List<String> grouped(String delimiter, int most) throws IOException, InterruptedException {
        List<String> found = new ArrayList<>();
        String token = "";
        do {
            TestRequest request = request(most).query("list-type", "2").query("delimiter", delimiter);
            if (!token.isEmpty()) {
                request.query("continuation-token", token);
            }
            String body = answer(request);
            List<String> page = new ArrayList<>(keys(body));
            PREFIX.matcher(body).results().forEach(prefix -> page.add(decoded(prefix.group(1))));
            assertThat(page).hasSizeLessThanOrEqualTo(most);
            found.addAll(EveryKey.sorted(page));
            token = text(body, "NextContinuationToken");
        } while (!token.isEmpty());
        return found;
    }

    /** Without a delimiter the last key is the marker of the next page. */
    List<String> v1(int most) throws IOException, InterruptedException {
        List<String> keys = new ArrayList<>();
        while (true) {
            TestRequest request = request(most);
            if (!keys.isEmpty()) {
                request.query("marker", keys.getLast());
            }
            String body = answer(request);
            keys.addAll(keys(body));
            if (!text(body, "IsTruncated").equals("true")) {
                return keys;
            }
        }
    }

    List<Version> versions(int most) throws IOException, InterruptedException {
        List<Version> versions = new ArrayList<>();
        String key = "";
        String id = "";
        while (true) {
            TestRequest request = request(most).query("versions", "");
            if (!key.isEmpty()) {
                request.query("key-marker", key).query("version-id-marker", id);
            }
            String body = answer(request);
            Matcher found = VERSION.matcher(body);
            while (found.find()) {
                versions.add(new Version(
                        decoded(found.group(2)), found.group(3), found.group(1).equals("DeleteMarker")));
            }
            if (!text(body, "IsTruncated").equals("true")) {
                return versions;
            }
            key = decoded(text(body, "NextKeyMarker"));
            id = text(body, "NextVersionIdMarker");
        }
    }

    private static String text(String body, String element) {
        int start = body.indexOf("<" + element + ">");
        int end = body.indexOf("</" + element + ">");
        return start < 0 ? "" : body.substring(start + element.length() + 2, end);
    }
}
