package dev.varve.query.sql;

import dev.varve.catalog.Dataset;
import dev.varve.model.Column;
import dev.varve.model.Schema;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.calcite.config.CalciteConnectionConfigImpl;
import org.apache.calcite.config.CalciteConnectionProperty;
import org.apache.calcite.config.NullCollation;
import org.apache.calcite.jdbc.CalciteSchema;
import org.apache.calcite.prepare.CalciteCatalogReader;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlBasicVisitor;
import org.apache.calcite.sql.validate.SelectScope;
import org.apache.calcite.sql.validate.SqlConformance;
import org.apache.calcite.sql.validate.SqlConformanceEnum;
import org.apache.calcite.sql.validate.SqlDelegatingConformance;
import org.apache.calcite.sql.validate.SqlValidator;
import org.apache.calcite.sql.validate.SqlValidatorImpl;

/** Resolves names and types; leaves system columns out of {@code *}. */
final class Validation extends SqlValidatorImpl {
    /** Lenient in form, strict in meaning: what is not grouped by is not selected. */
    static final SqlConformance CONFORMANCE = new SqlDelegatingConformance(SqlConformanceEnum.BABEL) {
        @Override
        public boolean isNonStrictGroupBy() {
            return false;
        }

        @Override
        public SelectAliasLookup isSelectAlias() {
            return SelectAliasLookup.UNSUPPORTED;
        }
    };

    private static final Set<String> SYSTEM =
            Set.copyOf(Schema.SYSTEM.stream().map(Column::name).toList());

    private final Set<SqlParserPos> stars = new HashSet<>();

    private Validation(Functions functions, CalciteCatalogReader catalog, RelDataTypeFactory types) {
        super(
                functions.table(),
                catalog,
                types,
                SqlValidator.Config.DEFAULT
                        .withConformance(CONFORMANCE)
                        .withDefaultNullCollation(NullCollation.LAST)
                        .withIdentifierExpansion(true)
                        .withColumnReferenceExpansion(true)
                        .withCallRewrite(true));
    }

    static Validation of(Functions functions, List<Dataset> datasets, SqlText text, RelDataTypeFactory types) {
        CalciteSchema root = CalciteSchema.createRootSchema(false, false);
        for (Dataset dataset : datasets) {
            if (text.mentions(dataset.name().value())) {
                root.add(dataset.name().value(), new DatasetTable(dataset, text::mentions));
            }
        }
        Properties properties = new Properties();
        properties.setProperty(CalciteConnectionProperty.CASE_SENSITIVE.camelName(), "false");
        CalciteCatalogReader catalog =
                new CalciteCatalogReader(root, List.of(), types, new CalciteConnectionConfigImpl(properties));
        return new Validation(functions, catalog, types);
    }

    CalciteCatalogReader catalog() {
        return (CalciteCatalogReader) getCatalogReader();
    }

    @Override
    public SqlNode validate(SqlNode topNode) {
        topNode.accept(new SqlBasicVisitor<Void>() {
            @Override
            public Void visit(SqlIdentifier identifier) {
                if (identifier.isStar()) {
                    stars.add(identifier.getParserPosition());
                }
                return null;
            }
        });
        return super.validate(topNode);
    }

    @Override
    protected void addToSelectList(
            List<SqlNode> list,
            Set<String> aliases,
            List<Map.Entry<String, RelDataType>> fieldList,
            SqlNode exp,
            SelectScope scope,
            boolean includeSystemVars) {
        if (exp instanceof SqlIdentifier identifier
                && identifier.names.size() > 1
                && SYSTEM.contains(identifier.names.getLast())
                && stars.contains(identifier.getParserPosition())
                && isOfDataset(identifier, scope)) {
            return;
        }
        super.addToSelectList(list, aliases, fieldList, exp, scope, includeSystemVars);
    }

    private static boolean isOfDataset(SqlIdentifier column, SelectScope scope) {
        var namespace = scope.fullyQualify(column).namespace;
        return namespace != null && namespace.getTable() != null;
    }
}
