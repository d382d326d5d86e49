// Product lines of document-security systems
// SPDX-License-Identifier: Apache-2.0
#include "drill/document_system.h"

#include "base/slice.h"
#include "drill/dice.h"

#include <stdio.h>
#include <string.h>

// From public templates: what such requests look like in an access log, without their bodies and
// values. Pages and clients are plausible, not copied.
static const struct document_system systems[] = {
    {.name = "line-a",
     .admin_login = "/CDGServer3/SystemConfig",
     .clients = {"/CDGServer3/ClientAjax", "/CDGServer3/UpdateClientStatus",
                 "/CDGServer3/clientMessage"},
     .pages = {"/CDGServer3/index.jsp", "/CDGServer3/document/Catelogs", "/CDGServer3/js/main.js"},
     .admin_pages = {"/CDGServer3/user/list.jsp", "/CDGServer3/policy/list.jsp",
                     "/CDGServer3/patchManagement/list.jsp"},
     .attacks = {{"POST", "/CDGServer3/js/../PolicyAjax", "", 200, true},
                 {"GET", "/CDGServer3/workflowE/useractivate/update.jsp", "flag=&ids=", 200, true},
                 {"POST", "/CDGServer3/DecryptApplicationService2", "fileId=", 200, false},
                 {"POST", "/CDGServer3/openapi/getAllUsers", "", 200, false}},
     .home = "DocumentServer/tomcat",
     .virtual_directory = "/CDGServer3/fileType/"},
    {.name = "line-b",
     .admin_login = "/sys/admin/login.jsp",
     .clients = {"/sys/client/heartbeat.do", "/sys/client/policy.do"},
     .pages = {"/sys/portal/page.jsp", "/km/review/index.jsp", "/resource/js/main.js"},
     .admin_pages = {"/sys/organization/index.jsp", "/sys/admin/index.jsp"},
     .attacks = {{"POST", "/sys/ui/extend/varkind/custom.jsp", "", 200, false},
                 {"POST", "/data/sys-common/treexml.tmpl", "", 200, false},
                 {"POST", "/sys/webservice/loginWebserviceService", "", 500, false},
                 {"POST", "/third/wechat/wechatLoginHelper.do", "", 200, true}},
     .home = "DocumentServer/apache-tomcat-%s",
     .virtual_directory = "/sys/common/"},
    {.name = "line-c",
     .admin_login = "/seeyon/main.do",
     .clients = {"/seeyon/client/online.do", "/seeyon/getAjaxDataServlet"},
     .pages = {"/seeyon/index.jsp", "/seeyon/doc.do", "/seeyon/common/js/main.js"},
     .admin_pages = {"/seeyon/organization.do", "/seeyon/systemopen.do"},
     .attacks = {{"POST", "/seeyon/thirdpartyController.do.css/..;/ajax.do",
                  "method=&managerName=", 200, false},
                 {"POST", "/seeyon/wpsAssistServlet", "flag=&realFileType=", 200, false},
                 {"POST", "/seeyon/rest/phoneLogin/phoneCode/resetPassword", "", 500, false}},
     .home = "DocumentServer/Tomcat %s",
     .virtual_directory = "/seeyon/common/"},
    {.name = "line-d",
     .admin_login = "/defaultroot/Logon.do",
     .clients = {"/defaultroot/client/alive.do", "/defaultroot/client/policy.do"},
     .pages = {"/defaultroot/index.jsp", "/defaultroot/desktop.jsp",
               "/defaultroot/scripts/main.js"},
     .admin_pages = {"/defaultroot/system/user.jsp", "/defaultroot/system/set.jsp"},
     .attacks = {{"POST", "/defaultroot/officeserverservlet", "", 200, false},
                 {"POST", "/defaultroot/upload/fileUpload.controller", "", 200, false},
                 {"POST", "//defaultroot/services/./././RhinoScriptEngineService", "", 200, false}},
     .home = "DocumentServer/server/tomcat-%s",
     .virtual_directory = "/defaultroot/public/"},
    {.name = "invented",
     .invented = true,
     .admin_login = "/docsafe/console/session.do",
     .clients = {"/docsafe/client/heartbeat", "/docsafe/client/policy", "/docsafe/client/keys"},
     .pages = {"/docsafe/index.do", "/docsafe/document/list.do", "/docsafe/js/main.js",
               "/docsafe/css/main.css"},
     .admin_pages = {"/docsafe/console/users.do", "/docsafe/console/policies.do",
                     "/docsafe/console/packages.do"},
     .attacks = {{"POST", "/docsafe/report/export.do", "template=&filter=", 200, true},
                 {"GET", "/docsafe/search/suggest.do", "term=&order=", 500, true},
                 {"POST", "/docsafe/share/../console/import.do", "", 200, false}},
     .home = "DocumentServer/product/tomcat",
     .virtual_directory = "/docsafe/share/"},
};

const struct document_system *document_system_list(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(systems);
    return systems;
}

const struct document_system *document_system_find(const char *name, uint64_t seed) {
    struct dice dice;
    dice_init(&dice, seed, 0xD0C5);
    if (!name || strcmp(name, "any") == 0)
        return &systems[dice_below(&dice, ARRAY_SIZE(systems))];
    for (size_t i = 0; i < ARRAY_SIZE(systems); i++)
        if (strcmp(systems[i].name, name) == 0)
            return &systems[i];
    return NULL;
}

void document_system_home(const struct document_system *system, uint64_t seed,
                          char ret_home[DOCUMENT_HOME_SIZE]) {
    // The last ones of the lines that still run such products.
    static const char *const versions[] = {"7.0.109", "8.5.100", "9.0.98", "9.0.83"};
    struct dice dice;
    dice_init(&dice, seed, 0x70CA7);
    const char *version = versions[dice_below(&dice, ARRAY_SIZE(versions))];
    const char *place = strstr(system->home, "%s");
    int size = place ? (int)(place - system->home) : (int)strlen(system->home);
    snprintf(ret_home, DOCUMENT_HOME_SIZE, "%.*s%s%s", size, system->home, place ? version : "",
             place ? place + 2 : "");
}
