// Document, office and endpoint-management systems
// SPDX-License-Identifier: Apache-2.0
#include "detect/document_product.h"

// The directory that each product's pages lie under. A name of no product in the last rows: such
// systems are told apart by what they are for. Prefixes shared with other software are not here.
struct document_product {
    const char *prefix, *name;
};

static const struct document_product PRODUCTS[] = {
    {"/cdgserver3/", "ESAFENET CDG (document security; it also distributes its clients)"},
    {"/ekp/", "Landray EKP (office automation)"},
    {"/sys/portal/", "Landray EKP (office automation)"},
    {"/seeyon/", "Seeyon A8 (office automation)"},
    {"/yyoa/", "Seeyon A6 (office automation)"},
    {"/wui/", "Weaver e-cology (office automation)"},
    {"/eoffice10/", "Weaver e-office (office automation)"},
    {"/e-mobile/", "Weaver e-office (office automation)"},
    {"/ispirit/", "Tongda Office Anywhere (office automation)"},
    {"/uapws/", "Yonyou NC (business system)"},
    {"/nccloud/", "Yonyou NC Cloud (business system)"},
    {"/maportal/", "Yonyou mobile management (it distributes applications)"},
    {"/cs/office/autoupdates/", "Yonyou U9 (it updates its clients)"},
    {"/tplus/", "Chanjet T+ (business system)"},
    {"/k3cloud/", "Kingdee K3 Cloud (business system)"},
    {"/defaultroot/", "Wanhu ezOFFICE (office automation)"},
    {"/jc6/", "Jinher C6 (office automation)"},
    {"/c6/", "Jinher C6 (office automation)"},
    {"/webreport/", "FineReport (reports)"},
    {"/smartbi/", "Smartbi (reports)"},
    {"/ipg/", "IP-guard (document encryption and endpoint management)"},
    {"/rptsvr/", "Qianxin Tianqing (endpoint management)"},
    {"/_layouts/15/", "SharePoint"},
    {"/irj/portal", "SAP NetWeaver portal"},
    {"/orion/", "SolarWinds Orion (network management)"},
    {"/docs/", "a document system"},
    {"/doc", "a document system"},
    {"/document", "a document system"},
    {"/edms/", "a document system"},
    {"/dms/", "a document system"},
    {"/ecm/", "a document system"},
    {"/oa/", "an office automation system"},
};

const char *document_product_of(struct slice path) {
    for (size_t i = 0; i < ARRAY_SIZE(PRODUCTS); i++)
        if (slice_starts(path, slice_of_string(PRODUCTS[i].prefix)))
            return PRODUCTS[i].name;
    return NULL;
}
