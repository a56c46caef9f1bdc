/* Trees of framework objects of every simple kind, made, referenced and deleted in random order, beside a model of what the pages say: cleanup
 * callbacks run when an object or one above it is deleted, children first and once; destroy callbacks run once, when no reference is left.
 * docs: wdf/framework-object-life-cycle, wdf/framework-object-context-space */
#include "wdf_helpers.h"

#include "helpers.h"

#define OBJECTS 48
#define STEPS 1500

typedef struct _NODE {
    WDFOBJECT Object;
    LONG Parent;                        /* -1: the driver's */
    LONG References;                    /* ours */
    BOOLEAN Deleted;
    volatile LONG Cleaned, Destroyed;
} NODE;

static NODE nodes[OBJECTS];
static volatile LONG wrong;

typedef struct _MARK {
    LONG Node, Sum;
} MARK;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(MARK, MarkOf)

typedef struct _SECOND_MARK {
    LONG Node;
} SECOND_MARK;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SECOND_MARK, SecondMarkOf)

static VOID Expect(BOOLEAN holds)
{
    if (!holds)
        InterlockedIncrement(&wrong);
}

static BOOLEAN IsMarked(WDFOBJECT object)
{
    return MarkOf(object)->Sum == MarkOf(object)->Node * 31 + 7;
}

static VOID NTAPI Cleanup(WDFOBJECT object)
{
    LONG n = MarkOf(object)->Node;

    Expect(IsMarked(object) && nodes[n].Object == object && nodes[n].Destroyed == 0);
    for (LONG child = 0; child < OBJECTS; child++)
        if (nodes[child].Object != NULL && nodes[child].Parent == n)
            Expect(nodes[child].Cleaned == 1);
    InterlockedIncrement(&nodes[n].Cleaned);
}

static VOID NTAPI Destroy(WDFOBJECT object)
{
    LONG n = MarkOf(object)->Node;

    Expect(IsMarked(object) && nodes[n].Cleaned == 1);
    InterlockedIncrement(&nodes[n].Destroyed);
}

static ULONG Random(ULONG *state, ULONG below)
{
    *state = *state * 1103515245 + 12345;
    return (*state >> 16) % below;
}

static NTSTATUS Create(ULONG kind, WDF_OBJECT_ATTRIBUTES *attributes, WDFOBJECT *object)
{
    DECLARE_CONST_UNICODE_STRING(text, L"text of a string object");
    PVOID buffer;

    switch (kind) {
    case 0: return WdfMemoryCreate(attributes, NonPagedPoolNx, 'eerT', 40, (WDFMEMORY *)object, &buffer);
    case 1: return WdfCollectionCreate(attributes, (WDFCOLLECTION *)object);
    case 2: return WdfSpinLockCreate(attributes, (WDFSPINLOCK *)object);
    case 3: return WdfWaitLockCreate(attributes, (WDFWAITLOCK *)object);
    case 4: return WdfStringCreate(&text, attributes, (WDFSTRING *)object);
    case 5: return WdfLookasideListCreate(attributes, 64, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, 'eerT', (WDFLOOKASIDE *)object);
    default: return WdfObjectCreate(attributes, object);
    }
}

/* A live node, or -1. */
static LONG Any(ULONG *dice)
{
    for (ULONG tries = 0; tries < 20; tries++) {
        LONG n = (LONG)Random(dice, OBJECTS);

        if (nodes[n].Object != NULL && !nodes[n].Deleted)
            return n;
    }
    return -1;
}

static VOID Make(ULONG *dice)
{
    WDF_OBJECT_ATTRIBUTES attributes, second;
    LONG n = 0, parent = Random(dice, 4) ? Any(dice) : -1;
    SECOND_MARK *mark;
    MARK *first;

    while (n < OBJECTS && nodes[n].Object != NULL)
        n++;
    if (n == OBJECTS)
        return;
    nodes[n] = (NODE){ .Parent = parent };
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, MARK);
    attributes.EvtCleanupCallback = Cleanup;
    attributes.EvtDestroyCallback = Destroy;
    attributes.ParentObject = parent >= 0 ? nodes[parent].Object : driver;
    if (!NT_SUCCESS(Create(Random(dice, 8), &attributes, &nodes[n].Object))) {
        InterlockedIncrement(&wrong);
        return;
    }
    first = MarkOf(nodes[n].Object);
    Expect(first->Node == 0 && first->Sum == 0);
    first->Node = n;
    first->Sum = n * 31 + 7;
    Expect(SecondMarkOf(nodes[n].Object) == NULL);
    if (Random(dice, 2)) {
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&second, SECOND_MARK);
        Expect(WdfObjectAllocateContext(nodes[n].Object, &second, (PVOID *)&mark) == STATUS_SUCCESS);
        Expect(mark == SecondMarkOf(nodes[n].Object) && WdfObjectContextGetObject(mark) == nodes[n].Object);
    }
}

static VOID MarkDeleted(LONG n)
{
    nodes[n].Deleted = TRUE;
    for (LONG child = 0; child < OBJECTS; child++)
        if (nodes[child].Object != NULL && !nodes[child].Deleted && nodes[child].Parent == n)
            MarkDeleted(child);
}

static VOID Delete(LONG n, ULONG *dice)
{
    KIRQL irql = Random(dice, 3) ? PASSIVE_LEVEL : DISPATCH_LEVEL, old = PASSIVE_LEVEL;
    WDFOBJECT object = nodes[n].Object;

    MarkDeleted(n);
    if (irql == DISPATCH_LEVEL)
        KeRaiseIrql(DISPATCH_LEVEL, &old);
    WdfObjectDelete(object);
    if (irql == DISPATCH_LEVEL)
        KeLowerIrql(old);
}

/* A deleted object with a reference is still there, with its context. */
static VOID Reference(ULONG *dice)
{
    LONG n = Any(dice);

    if (n >= 0 && nodes[n].References < 3) {
        WdfObjectReference(nodes[n].Object);
        nodes[n].References++;
    }
}

static VOID Dereference(ULONG *dice)
{
    LONG n = (LONG)Random(dice, OBJECTS);

    if (nodes[n].Object == NULL || nodes[n].References == 0)
        return;
    Expect(IsMarked(nodes[n].Object));
    nodes[n].References--;
    WdfObjectDereference(nodes[n].Object);
}

/* What was deleted is cleaned up, and gone when nobody refers to it: at once, or by a worker when the deletion was at DISPATCH_LEVEL. */
static VOID Settle(void)
{
    for (LONG n = 0; n < OBJECTS; n++) {
        NODE *node = &nodes[n];

        if (node->Object == NULL)
            continue;
        for (ULONG tries = 0; tries < 1000 && (node->Cleaned != node->Deleted || node->Destroyed != (node->Deleted && !node->References)); tries++)
            Sleep(1);
        Expect(node->Cleaned == node->Deleted);
        Expect(node->Destroyed == (node->Deleted && !node->References));
    }
    for (LONG n = 0; n < OBJECTS; n++)
        if (nodes[n].Destroyed) {
            for (LONG child = 0; child < OBJECTS; child++)
                if (nodes[child].Parent == n)
                    nodes[child].Parent = -1;
            nodes[n].Object = NULL;
            nodes[n].Destroyed = 0;
        }
}

static VOID Run(ULONG dice)
{
    RtlZeroMemory(nodes, sizeof nodes);
    wrong = 0;
    for (ULONG step = 0; step < STEPS; step++) {
        LONG n;

        switch (Random(&dice, 8)) {
        case 0: Reference(&dice); break;
        case 1: case 2: Dereference(&dice); break;
        case 3:
            n = Any(&dice);
            if (n >= 0)
                Delete(n, &dice);
            break;
        default: Make(&dice);
        }
        Settle();
        if (!EXPECT_EQ(wrong, 0))
            return;
    }
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(random_trees_are_cleaned_up_children_first_and_destroyed_once)
{
    Run(1);
    Run(77);
    for (LONG n = 0; n < OBJECTS; n++) {
        while (nodes[n].Object != NULL && nodes[n].References > 0) {
            nodes[n].References--;
            WdfObjectDereference(nodes[n].Object);
        }
        if (nodes[n].Object != NULL && !nodes[n].Deleted) {
            MarkDeleted(n);
            WdfObjectDelete(nodes[n].Object);
        }
    }
    Settle();
    EXPECT_EQ(wrong, 0);
}

TEST_CASE(what_is_left_goes_with_the_driver)
{
    Run(5);                             /* the objects that nobody refers to are the driver's to delete */
    for (LONG n = 0; n < OBJECTS; n++)
        while (nodes[n].Object != NULL && nodes[n].References > 0) {
            nodes[n].References--;
            WdfObjectDereference(nodes[n].Object);
        }
}
