package dev.varve.server.s3;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Keys that somebody will have. */
final class EveryKey {
    /** What each plane is asked for: letters, unassigned code points, the noncharacters at its end. */
    private static final int[] IN_PLANE = {0x0041, 0x0378, 0x1F600 & 0xFFFF, 0xABFF, 0xFDD0, 0xFFF0, 0xFFFE, 0xFFFF};

    private static final List<String> STRANGE = List.of(
            // composed and decomposed are different keys
            "\u00e9",
            "e\u0301",
            "\u1e69",
            "s\u0323\u0307",
            "s\u0307\u0323",
            "\u212b",
            "\u00c5",
            "A\u030a",
            "\uac00",
            "\u1100\u1161",
            "\ufb01",
            "fi",
            "\u2126",
            "\u03a9",
            // so are those that look alike, or are alike in another case
            "I",
            "i",
            "\u0130",
            "\u0131",
            "\u00df",
            "SS",
            "\u017f",
            "a",
            "\u0430",
            "\u200ba",
            "a\u200d",
            "\ufeffa",
            "\u202eabc",
            "\u0301",
            "\u0301\u0301\u0301",
            "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
            // the order of UTF-16 is another one
            "\uffff",
            "\ud800\udc00",
            "\udbff\udfff",
            "\uffffz",
            "\ud800\udc00z",
            // slashes and dots are letters like others
            "/",
            "//",
            "///",
            "/a",
            "a/",
            "a//b",
            "a//",
            "//a",
            ".",
            "..",
            "./",
            "../",
            "../../etc/passwd",
            "./a",
            "a/./b",
            "a/../b",
            "a/..",
            "...",
            "a/b/c/",
            "a/b/c",
            // what URIs, queries and headers mean something by
            "%",
            "%25",
            "%2F",
            "%2e%2e%2f",
            "%00",
            "%zz",
            "+",
            " ",
            "  ",
            " a ",
            "a b",
            "a+b",
            "a%20b",
            "?",
            "a?b=c&d",
            "#",
            "a#b",
            "&amp;",
            "&",
            "<a>",
            "<![CDATA[",
            "]]>",
            "\"'",
            ";",
            "a;v=1",
            ":",
            "http://a/b",
            "@",
            "=",
            ",",
            "[]",
            "{}",
            "|",
            "^",
            "`",
            "~",
            "*",
            "\\",
            "a\\b",
            "-",
            "_",
            // control characters
            "\u0000",
            "a\u0000b",
            "\u0001",
            "\u0001\u001f",
            "\t",
            "\n",
            "\r",
            "\r\n",
            "a\r\nX-Evil: 1",
            "\u007f",
            "\u0080",
            "\u0085",
            "\u009f",
            "\u2028",
            "\u2029",
            "\ufffd",
            "\ufffe");

    private EveryKey() {}

    /** All, in no order. */
    static List<String> all() {
        Set<String> keys = new TreeSet<>(STRANGE);
        for (int plane = 0; plane <= 16; plane++) {
            for (int at : IN_PLANE) {
                keys.add(Character.toString(plane << 16 | at));
            }
            keys.add("p/" + Character.toString(plane << 16 | 0x0042) + "/" + Character.toString(plane << 16 | 0xFFFD));
        }
        keys.add("x".repeat(1024));
        keys.add("\u4e2d".repeat(341) + "x");
        keys.add("\ud83d\ude00".repeat(256));
        return List.copyOf(keys);
    }

    /** In the order of their bytes in UTF-8, as listings have them. */
    static List<String> sorted(Collection<String> keys) {
        List<String> sorted = new ArrayList<>(keys);
        sorted.sort((one, other) -> Arrays.compareUnsigned(utf8(one), utf8(other)));
        return sorted;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether XML 1.0 has a way to write it. */
    static boolean isXml(String key) {
        return key.codePoints()
                .allMatch(letter -> letter == '\t'
                        || letter == '\n'
                        || letter == '\r'
                        || (letter >= ' ' && letter != 0xFFFE && letter != 0xFFFF));
    }
}
