#include "analyzer/capture/link_type_name.h"

#include <pcap/pcap.h>

const char *
tv_link_type_name(int link_type)
{
        return pcap_datalink_val_to_description(link_type);
}
