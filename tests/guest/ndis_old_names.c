/* A driver for NDIS 6.0 that is built for a newer Windows knows the media that came later: it may be bound to them. */
#define NDIS60 1
#include <ndis.h>
#include "testing.h"

TEST_CASE(the_media_of_newer_adapters_have_names_in_an_old_driver)
{
    EXPECT_EQ(NdisMediumWirelessWan, 9);
    EXPECT_EQ(NdisMediumLoopback, 17);
    EXPECT_EQ(NdisMediumWiMAX, 18);
    EXPECT_EQ(NdisMediumIP, 19);
    EXPECT_EQ(NDIS_PROTOCOL_MINOR_VERSION, 0);
}
