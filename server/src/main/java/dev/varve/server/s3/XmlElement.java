package dev.varve.server.s3;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * An element of a request's XML: a name, and text or children.
 *
 * <p>Attributes and namespaces mean nothing here and are dropped; document types and entities of their own are refused,
 * and so is what is too deep or has too many elements.
 */
record XmlElement(String name, String content, List<XmlElement> children) {
    private static final int MOST_DEPTH = 12;
    private static final int MOST_ELEMENTS = 60_000;

    private static final class Open {
        private final String name;
        private final StringBuilder text = new StringBuilder();
        private final List<XmlElement> children = new ArrayList<>();

        Open(String name) {
            this.name = name;
        }
    }

    XmlElement {
        children = List.copyOf(children);
    }

    /** Reads a document whose root must have this name. */
    static XmlElement parse(byte[] bytes, String root) {
        XmlElement parsed;
        try {
            parsed = parse(bytes);
        } catch (XMLStreamException | RuntimeException e) {
            if (e instanceof S3Exception refused) {
                throw refused;
            }
            // The parser throws what it likes on hostile input; its words are of no use to the client.
            throw S3Exception.malformedXml("The XML you provided was not well-formed.");
        }
        if (!parsed.name().equals(root)) {
            throw S3Exception.malformedXml("The XML's root is not " + root + ".");
        }
        return parsed;
    }

    private static XmlElement parse(byte[] bytes) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(utf8(bytes)));
        Deque<Open> open = new ArrayDeque<>();
        XmlElement root = null;
        int elements = 0;
        try {
            while (reader.hasNext()) {
                switch (reader.next()) {
                    case XMLStreamConstants.START_ELEMENT -> {
                        elements++;
                        if (open.size() == MOST_DEPTH || elements > MOST_ELEMENTS) {
                            throw S3Exception.malformedXml("The XML is too deep or has too many elements.");
                        }
                        open.push(new Open(reader.getLocalName()));
                    }
                    case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE -> {
                        if (!open.isEmpty()) {
                            open.peek().text.append(reader.getText());
                        }
                    }
                    case XMLStreamConstants.END_ELEMENT -> {
                        Open ended = open.pop();
                        XmlElement element = new XmlElement(
                                ended.name, ended.children.isEmpty() ? ended.text.toString() : "", ended.children);
                        if (open.isEmpty()) {
                            root = element;
                        } else {
                            open.peek().children.add(element);
                        }
                    }
                    case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                        throw S3Exception.malformedXml("Document types and entities are not taken.");
                    default -> {
                        // Comments and processing instructions say nothing.
                    }
                }
            }
        } finally {
            reader.close();
        }
        if (root == null) {
            throw S3Exception.malformedXml("The XML is empty.");
        }
        return root;
    }

    /** Decoded here: the parser writes to the process's standard error what it thinks of broken letters. */
    private static String utf8(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw S3Exception.malformedXml("The XML is not in UTF-8.");
        }
    }

    /** The first child of a name. */
    Optional<XmlElement> child(String childName) {
        return children.stream().filter(child -> child.name().equals(childName)).findFirst();
    }

    List<XmlElement> all(String childName) {
        return children.stream().filter(child -> child.name().equals(childName)).toList();
    }

    /** The text of a child. */
    Optional<String> text(String childName) {
        return child(childName).map(XmlElement::content);
    }

    String required(String childName) {
        return text(childName)
                .orElseThrow(() -> S3Exception.malformedXml("The XML lacks " + childName + " in " + name + "."));
    }

    /** The element and what is in it, without attributes. */
    void write(XmlText xml) {
        if (children.isEmpty()) {
            xml.text(name, content);
        } else {
            xml.open(name);
            children.forEach(child -> child.write(xml));
            xml.close(name);
        }
    }
}
