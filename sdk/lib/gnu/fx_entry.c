/* The same for drivers of the framework. */
struct driver;
struct unicode;

long FxDriverEntry(struct driver *driver, struct unicode *registry_path);
void ring3_choose_cookie(const void *driver);

long GnuFxDriverEntry(struct driver *driver, struct unicode *registry_path)
{
    ring3_choose_cookie(driver);
    return FxDriverEntry(driver, registry_path);
}
