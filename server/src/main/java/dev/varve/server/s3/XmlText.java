package dev.varve.server.s3;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** An answer's XML. Characters that XML forbids are written as references, as S3 does. */
final class XmlText {
    private static final String NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final StringBuilder text = new StringBuilder(512);

    private XmlText() {
        text.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }

    /** Begins a document; {@link #end} closes it. */
    static XmlText of(String root) {
        XmlText xml = new XmlText();
        xml.text.append('<').append(root).append(" xmlns=\"").append(NAMESPACE).append("\">");
        return xml;
    }

    /** A document without a namespace, as errors are. */
    static XmlText plain(String root) {
        return new XmlText().open(root);
    }

    static XmlText document() {
        return new XmlText();
    }

    XmlText open(String name) {
        text.append('<').append(name).append('>');
        return this;
    }

    /** Opens an element with attributes, given as they are written. */
    XmlText open(String name, String attributes) {
        text.append('<').append(name).append(' ').append(attributes).append('>');
        return this;
    }

    XmlText close(String name) {
        text.append("</").append(name).append('>');
        return this;
    }

    XmlText text(String name, String value) {
        open(name);
        escape(value);
        return close(name);
    }

    /** Text inside the element that is open. */
    XmlText raw(String value) {
        escape(value);
        return this;
    }

    XmlText number(String name, long value) {
        return text(name, Long.toString(value));
    }

    XmlText flag(String name, boolean value) {
        return text(name, Boolean.toString(value));
    }

    XmlText time(String name, Instant value) {
        return text(name, TIME.format(value));
    }

    private void escape(String value) {
        for (int i = 0; i < value.length(); i++) {
            char next = value.charAt(i);
            switch (next) {
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '&' -> text.append("&amp;");
                case '"' -> text.append("&quot;");
                default -> {
                    if (next < ' '
                            || next == 0xFFFE
                            || next == 0xFFFF
                            || next == 0x7F
                            || next == 0x85
                            || next == 0x2028) {
                        text.append("&#x").append(Integer.toHexString(next)).append(';');
                    } else {
                        text.append(next);
                    }
                }
            }
        }
    }

    byte[] end(String root) {
        close(root);
        return bytes();
    }

    byte[] bytes() {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A document that {@link #string} gave. */
    static byte[] kept(String document) {
        return document.getBytes(StandardCharsets.UTF_8);
    }

    /** What has been written so far, for keeping. */
    String string() {
        return text.toString();
    }
}
