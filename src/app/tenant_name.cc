#include "app/tenant_name.h"

#include "mapping/document.h"

namespace atlas::app {

TenantName tenant_of(const Document& document) {
  return {document.tenant_name, document.tenant_id};
}

}  // namespace atlas::app
